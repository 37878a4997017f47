-- Every day from the first of the shop's history to the as-of day.
select {{ each_day('first_date', 'as_of_date') }} as calendar_date
from {{ ref('int_history_bounded') }}
