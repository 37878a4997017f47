select
    told.person_id,
    persons.customer_id,
    told.task,
    told.task_rank,
    told.product_id,
    listed.name as product_name,
    listed.category,
    told.reason,
    told.because_product_id,
    because.name as because_product_name,
    told.method,
    told.score,
    told.as_of_date
from {{ source('ops', 'product_recommendations') }} as told
inner join {{ ref('int_persons_listed') }} as persons on told.person_id = persons.person_id
left join {{ ref('stg_products') }} as listed on told.product_id = listed.product_id
left join {{ ref('stg_products') }} as because on told.because_product_id = because.product_id
