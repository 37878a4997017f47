"""Pictures as inline SVG: they follow the theme, print, and lose nothing without colour or script."""
