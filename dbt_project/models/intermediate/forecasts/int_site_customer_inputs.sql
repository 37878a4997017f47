-- The same of each site by itself: who is new to the site has a first day there.
{{ customer_inputs(by_site=true) }}
