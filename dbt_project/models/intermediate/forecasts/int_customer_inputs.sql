-- What predictions are made from: one row per person who can be known again, with at least one counted order.
-- Orders of guests who left no e-mail hash are persons of their own and left out.
{{ customer_inputs(by_site=false) }}
