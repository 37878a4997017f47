"""Names of columns that Magento's tables are known to have: of those that are not read, none is told.

Most amounts come twice: in the shop's currency (`base_…`) and in the customer's.
"""

from __future__ import annotations


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _twice(text: str) -> frozenset[str]:
    return frozenset(prefix + name for name in text.split() for prefix in ("base_", ""))


_OF_ALL = _names("created_at updated_at increment_id store_id entity_id") | _twice(
    "subtotal subtotal_incl_tax discount_amount discount_tax_compensation_amount grand_total shipping_amount"
    " shipping_incl_tax shipping_tax_amount tax_amount adjustment adjustment_positive adjustment_negative"
    " customer_balance_amount gift_cards_amount reward_currency_amount shipping_discount_amount"
)
_RATES = _names(
    "base_to_global_rate base_to_order_rate store_to_base_rate store_to_order_rate store_currency_code"
    " global_currency_code order_currency_code base_currency_code"
    " shipping_discount_tax_compensation_amount base_shipping_discount_tax_compensation_amnt"
)
SALES_ORDER = (
    _OF_ALL
    | _RATES
    | _twice(
        "discount_canceled discount_invoiced discount_refunded shipping_canceled shipping_invoiced"
        " shipping_refunded shipping_tax_refunded subtotal_canceled subtotal_invoiced subtotal_refunded"
        " tax_canceled tax_invoiced tax_refunded total_canceled total_invoiced total_invoiced_cost"
        " total_offline_refunded total_online_refunded total_paid total_qty_ordered total_refunded total_due"
        " discount_tax_compensation_invoiced discount_tax_compensation_refunded"
    )
    | _names(
        "state status coupon_code coupon_rule_name protect_code shipping_description shipping_method"
        " is_virtual customer_id customer_is_guest customer_note customer_note_notify customer_group_id"
        " customer_email customer_firstname customer_lastname customer_middlename customer_prefix"
        " customer_suffix customer_taxvat customer_dob customer_gender billing_address_id shipping_address_id"
        " can_ship_partially can_ship_partially_item edit_increment email_sent send_email"
        " forced_shipment_with_invoice payment_auth_expiration payment_authorization_amount quote_address_id"
        " quote_id weight applied_rule_ids discount_description ext_customer_id ext_order_id"
        " hold_before_state hold_before_status original_increment_id relation_child_id relation_child_real_id"
        " relation_parent_id relation_parent_real_id remote_ip x_forwarded_for store_name total_item_count"
        " gift_message_id paypal_ipn_customer_notified dispute_status"
    )
)
SALES_ORDER_ITEM = _twice(
    "price original_price price_incl_tax row_total row_total_incl_tax row_invoiced cost tax_amount"
    " tax_invoiced tax_refunded tax_before_discount discount_amount discount_invoiced discount_refunded"
    " amount_refunded discount_tax_compensation_amount discount_tax_compensation_invoiced"
    " discount_tax_compensation_refunded weee_tax_applied_amount weee_tax_disposition"
    " weee_tax_row_disposition"
) | _names(
    "item_id order_id parent_item_id quote_item_id store_id created_at updated_at product_id product_type"
    " product_options weight is_virtual sku name description applied_rule_ids additional_data is_qty_decimal"
    " no_discount qty_backordered qty_canceled qty_invoiced qty_ordered qty_refunded qty_shipped tax_percent"
    " tax_canceled discount_tax_compensation_canceled discount_percent row_weight ext_order_item_id"
    " locked_do_invoice locked_do_ship free_shipping gift_message_id gift_message_available weee_tax_applied"
    " weee_tax_applied_row_amount base_weee_tax_applied_row_amnt"
)
SALES_CREDITMEMO = (
    _OF_ALL
    | _RATES
    | _names(
        "order_id email_sent send_email creditmemo_status state shipping_address_id billing_address_id"
        " invoice_id transaction_id discount_description customer_note customer_note_notify"
    )
)
SALES_CREDITMEMO_ITEM = _twice(
    "price price_incl_tax row_total row_total_incl_tax tax_amount discount_amount cost"
    " discount_tax_compensation_amount weee_tax_applied_amount weee_tax_disposition weee_tax_row_disposition"
) | _names(
    "entity_id parent_id qty product_id order_item_id additional_data description sku name tax_ratio"
    " weee_tax_applied weee_tax_applied_row_amount base_weee_tax_applied_row_amnt"
)
CUSTOMER_ENTITY = _names(
    "entity_id website_id email group_id increment_id store_id created_at updated_at is_active"
    " disable_auto_group_change created_in prefix firstname middlename lastname suffix dob password_hash"
    " rp_token rp_token_created_at default_billing default_shipping taxvat confirmation gender failures_num"
    " first_failure lock_expires session_cutoff"
)
