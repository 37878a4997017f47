-- Events as BigQuery writes GA4's daily export in JSON: whole numbers as text, parameters as pairs, products as
-- a list. Of seventeen, three tell nothing of shopping, and two name no visitor. Everything is invented.
SELECT
    '20240101' AS event_date,
    (1704106800000000 + number * 3000)::VARCHAR AS event_timestamp,
    event_name,
    list_concat(
        [
            {
                key: 'page_location',
                value: {
                    string_value: 'https://www.shop.example/' || page || CASE WHEN kind < 2 THEN '?gclid=Cj0' || number ELSE '' END,
                    int_value: NULL::VARCHAR, double_value: NULL::DOUBLE
                }
            },
            {
                key: 'ga_session_id',
                value: {
                    string_value: NULL, int_value: (1704100000 + number // 17)::VARCHAR, double_value: NULL
                }
            }
        ],
        CASE
            WHEN has_items THEN [
                {key: 'currency', value: {string_value: 'EUR', int_value: NULL, double_value: NULL}},
                {key: 'value', value: {string_value: NULL, int_value: NULL, double_value: 48.4}}
            ]
            WHEN event_name = 'view_search_results' THEN
                [{key: 'search_term', value: {string_value: 'scarf', int_value: NULL, double_value: NULL}}]
            ELSE []
        END
    ) AS event_params,
    (number % 1000)::VARCHAR AS event_bundle_sequence_id,
    NULL::VARCHAR AS event_server_timestamp_offset,
    CASE WHEN event_name = 'purchase' THEN (number % 300000)::VARCHAR END AS user_id,
    CASE WHEN kind < 15 THEN (number // 17 % 400000) || '.222' END AS user_pseudo_id,
    {analytics_storage: 'Yes', ads_storage: 'Yes', uses_transient_token: 'No'} AS privacy_info,
    []::VARCHAR[] AS user_properties,
    NULL::VARCHAR AS user_first_touch_timestamp,
    {category: 'mobile', web_info: {browser: 'Safari', hostname: 'www.shop.example'}} AS device,
    {country: 'Netherlands', city: 'Nowhere'} AS geo,
    {name: '(direct)', medium: '(none)', source: '(direct)'} AS traffic_source,
    '555' AS stream_id,
    'WEB' AS platform,
    CASE
        WHEN event_name = 'purchase'
            THEN {transaction_id: number::VARCHAR, purchase_revenue: 48.4, unique_items: '2'}
    END AS ecommerce,
    CASE
        WHEN has_items THEN [
            {
                item_id: 'MUG', item_name: 'Mug', price: 12.1, quantity: '2', item_brand: '(not set)',
                item_category: '(not set)'
            },
            {
                item_id: 'TEE-' || number % 500, item_name: 'Tee', price: 24.2, quantity: '1',
                item_brand: '(not set)', item_category: '(not set)'
            }
        ]
        ELSE []
    END AS items,
    CASE
        WHEN kind < 2 THEN {
            gclid: 'Cj0' || number, manual_source: 'google', manual_medium: 'organic',
            manual_campaign_name: '(organic)'
        }
    END AS collected_traffic_source,
    true AS is_active_user,
    (kind % 3 + 1)::VARCHAR AS batch_event_index,
    '1' AS batch_page_id,
    '1' AS batch_ordering_id,
    {
        manual_campaign: {source: '(not set)', medium: '(not set)', campaign_name: '(not set)'},
        google_ads_campaign: {campaign_name: 'Brand', customer_id: '0000000000'},
        cross_channel_campaign: {source: 'google', medium: 'cpc', campaign_name: 'Brand'}
    } AS session_traffic_source_last_click
FROM (
    SELECT
        *,
        event_name IN ('view_item', 'add_to_cart', 'begin_checkout', 'purchase') AS has_items
    FROM (
        SELECT
            range AS number,
            range % 17 AS kind,
            'p/' || range % 2000 AS page,
            [
                'session_start', 'page_view', 'view_item', 'add_to_cart', 'begin_checkout', 'add_shipping_info',
                'purchase', 'user_engagement', 'page_view', 'view_search_results', 'page_view', 'page_view',
                'page_view', 'purchase', 'screen_view', 'page_view', 'purchase'
            ][range % 17 + 1] AS event_name
        FROM range(ROW_COUNT)
    )
)
