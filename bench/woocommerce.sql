-- Orders as WooCommerce's REST API writes them, with the keys that it has: two lines each, one in four with
-- shipping, 21 % tax. Everything is invented.
SELECT
    number AS id,
    0 AS parent_id,
    number::VARCHAR AS number,
    'wc_order_' || number AS order_key,
    'checkout' AS created_via,
    '10.4.3' AS version,
    'completed' AS status,
    'EUR' AS currency,
    '2024-01-01T10:00:00' AS date_created,
    '2024-01-01T09:00:00' AS date_created_gmt,
    '2024-01-01T11:00:00' AS date_modified,
    '2024-01-01T10:00:00' AS date_modified_gmt,
    '0.00' AS discount_total,
    '0.00' AS discount_tax,
    (shipping)::VARCHAR AS shipping_total,
    (shipping * 0.21)::DECIMAL(18, 2)::VARCHAR AS shipping_tax,
    '0.00' AS cart_tax,
    (30.00 + shipping + 6.30 + shipping * 0.21)::DECIMAL(18, 2)::VARCHAR AS total,
    (6.30 + shipping * 0.21)::DECIMAL(18, 2)::VARCHAR AS total_tax,
    true AS prices_include_tax,
    number % 300000 AS customer_id,
    '192.0.2.7' AS customer_ip_address,
    'Mozilla/5.0 (test)' AS customer_user_agent,
    'Ring the bell' AS customer_note,
    {
        first_name: 'Ada', last_name: 'Invented', company: '', address_1: 'Madeup Lane ' || number % 99,
        address_2: '', city: 'Nowhere', state: '', postcode: '1234 AB', country: 'NL',
        email: 'customer' || number % 300000 || '@example.com', phone: '0000000000'
    } AS billing,
    {
        first_name: 'Ada', last_name: 'Invented', company: '', address_1: 'Madeup Lane ' || number % 99,
        address_2: '', city: 'Nowhere', state: '', postcode: '1234 AB', country: 'NL', phone: ''
    } AS shipping,
    'ideal' AS payment_method,
    'iDEAL' AS payment_method_title,
    'tr_' || number AS transaction_id,
    '2024-01-01T10:00:00' AS date_paid,
    '2024-01-01T09:00:00' AS date_paid_gmt,
    NULL::VARCHAR AS date_completed,
    NULL::VARCHAR AS date_completed_gmt,
    '' AS cart_hash,
    [{id: 1, key: '_wc_order_attribution_utm_source', value: 'google'}] AS meta_data,
    list_transform(
        [1, 2],
        lambda line: {
            id: number * 3 + line, name: 'Mug', product_id: (number * line) % 500 + 1, variation_id: 0,
            quantity: line, tax_class: '', subtotal: (line * 10)::DECIMAL(18, 2)::VARCHAR,
            subtotal_tax: (line * 2.1)::DECIMAL(18, 2)::VARCHAR, total: (line * 10)::DECIMAL(18, 2)::VARCHAR,
            total_tax: (line * 2.1)::DECIMAL(18, 2)::VARCHAR, taxes: []::VARCHAR[], meta_data: []::VARCHAR[],
            sku: 'MUG', price: 10.0
        }
    ) AS line_items,
    []::VARCHAR[] AS tax_lines,
    CASE
        WHEN shipping > 0
            THEN [{
                id: number * 3, method_title: 'Post', method_id: 'flat_rate', total: shipping::VARCHAR,
                total_tax: (shipping * 0.21)::DECIMAL(18, 2)::VARCHAR, taxes: []::VARCHAR[],
                meta_data: []::VARCHAR[]
            }]
        ELSE []
    END AS shipping_lines,
    []::VARCHAR[] AS fee_lines,
    []::VARCHAR[] AS coupon_lines,
    []::VARCHAR[] AS refunds
FROM (
    SELECT
        range AS number,
        CASE WHEN range % 4 = 0 THEN 5.00 ELSE 0.00 END::DECIMAL(18, 2) AS shipping
    FROM range(1, ROW_COUNT + 1)
)
