"""What is planted of whole nights: deliveries that are not there, late, or too small."""
