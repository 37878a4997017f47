{#- What SQL has to know of each feed's contract beyond its columns; a test keeps both equal. -#}
{#- key: columns of the key. document: what makes rows one document; versions, winner: the model and -#}
{#- flag that tell its winning version; changes: its rows have updated_at. money: what a row is worth, in -#}
{#- currency_code. at: when it happened, UTC, on the clock of its site; where the feed names no site, of its order's -#}
{#- site or of the shop; on: the local day that it is of. -#}
{% macro feeds() -%}
    {{ return({
        'orders': {
            'key': ['order_id'],
            'versions': 'stg_order_versions', 'winner': 'is_header_winner', 'document': 'order_id',
            'changes': true,
            'money': 'total_amount', 'at': 'ordered_at',
        },
        'order_lines': {
            'key': ['order_id', 'line_number'],
            'versions': 'stg_order_versions', 'winner': 'is_line_winner', 'document': 'order_id',
            'changes': true,
            'money': line_gross() ~ ' - discount_amount',
        },
        'returns': {
            'key': ['return_id', 'line_number'],
            'versions': 'stg_return_versions', 'winner': 'is_winner', 'document': 'return_id',
            'changes': true,
            'money': '-coalesce(refund_amount, 0)', 'at': 'returned_at',
        },
        'adjustments': {
            'key': ['adjustment_id'],
            'versions': 'stg_adjustment_versions', 'winner': 'is_winner',
            'money': '-amount', 'at': 'adjusted_at',
        },
        'payments': {
            'key': ['payment_id'], 'changes': true, 'money': 'amount', 'at': 'paid_at', 'clock': 'order',
        },
        'fulfilments': {
            'key': ['fulfilment_id'], 'changes': true, 'at': 'shipped_at', 'clock': 'order',
        },
        'session_events': {'key': ['event_id'], 'at': 'event_at'},
        'customers': {'key': ['customer_id'], 'at': 'first_seen_at', 'clock': 'shop'},
        'products': {'key': ['product_id']},
        'ad_spend': {
            'key': ['spend_date', 'site', 'source', 'medium', 'campaign'],
            'money': '-cost_amount', 'on': 'spend_date',
        },
        'service_contacts': {
            'key': ['contact_id'], 'money': '-coalesce(cost_amount, 0)',
            'at': 'contacted_at', 'clock': 'shop',
        },
        'messages': {'key': ['message_id'], 'at': 'sent_at', 'clock': 'shop'},
        'message_events': {'key': ['message_id', 'kind', 'event_at'], 'at': 'event_at', 'clock': 'shop'},
        'experiment_assignments': {
            'key': ['experiment_id', 'unit_id'], 'at': 'assigned_at', 'clock': 'shop',
        },
        'exchange_rates': {'key': ['rate_date', 'from_currency', 'to_currency'], 'on': 'rate_date'},
    }) }}
{%- endmacro %}
