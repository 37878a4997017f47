select
    judged_month,
    duel_number,
    holder,
    challenger,
    case when has_challenger_won then challenger else holder end as winner,
    champion,
    judged_month = max(judged_month) over () as is_current,
    gain as log_loss_gain,
    standard_error,
    cuts_won as cut_won_count,
    cut_count,
    first_cut_date,
    last_cut_date,
    horizon_days,
    is_crossed as is_cross_test,
    why
from {{ source('ops', 'form_duels') }}
