{{ config(tags=['after_predictions']) }}
-- A form with scores has both kinds of groups, and every customer is in one of each.
select
    quality.judged_month,
    quality.cut_date,
    quality.contender
from {{ ref('model_quality') }} as quality
left join {{ ref('model_calibration') }} as groups
    on
        quality.judged_month = groups.judged_month
        and quality.cut_date = groups.cut_date
        and quality.contender = groups.contender
where quality.fault is null and not quality.is_naive_baseline
group by quality.judged_month, quality.cut_date, quality.contender, quality.customer_count
having coalesce(sum(groups.customer_count), 0) <> 2 * quality.customer_count
