"""What reports of advertising cost call their columns, in the languages of accounts and in the APIs.

Each line is a language, or a form of the API; a bar stands between names that are used side by side.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product


@dataclass(frozen=True, slots=True)
class Words:
    """Names of the columns of one network's reports in one language."""

    day: str
    campaign: str
    cost: str
    clicks: str
    impressions: str
    currency: str = ""
    millionths: str = ""
    until: str = ""

    def needed(self) -> list[frozenset[str]]:
        """Names by which a report in this language is known: a day, a campaign, and its cost."""
        costs = [*names(self.cost), *names(self.millionths)]
        return [frozenset(each) for each in product(names(self.day), names(self.campaign), costs)]

    def dayless(self) -> list[frozenset[str]]:
        """The same of a report that is not segmented by day."""
        costs = [*names(self.cost), *names(self.millionths)]
        return [frozenset(each) for each in product(names(self.campaign), costs)]


def names(words: str) -> tuple[str, ...]:
    """The names in a text with bars between them."""
    return tuple(word for word in words.split("|") if word)


def all_names(languages: Iterable[Words], column: str) -> tuple[str, ...]:
    """What a column is called in any of the languages, each name once."""
    return tuple(dict.fromkeys(name for one in languages for name in names(getattr(one, column))))


GOOGLE_TITLE = "a Google Ads report"
META_TITLE = "a Meta Ads report"
MICROSOFT_TITLE = "a Microsoft Advertising report"

GOOGLE = (
    Words("Day", "Campaign", "Cost", "Clicks", "Impr.|Impressions", "Currency code|Currency"),
    Words("Dag", "Campagne", "Kosten", "Klikken", "Vert.|Vertoningen|Weergaven", "Valutacode|Valuta"),
    Words("Tag", "Kampagne", "Kosten", "Klicks", "Impressionen", "Währungscode|Währung"),
    Words("Jour", "Campagne", "Coût", "Clics", "", "Code de la devise|Code de devise|Devise"),
    Words("Día", "Campaña", "Coste|Costo", "", "Impresiones", "Código de moneda|Código de la moneda"),
    Words("Giorno", "Campagna", "Costo", "Clic", "Impressioni", "Codice valuta"),
    Words(
        "segments.date|segments_date",
        "campaign.name|campaign_name",
        "",
        "metrics.clicks|metrics_clicks",
        "metrics.impressions|metrics_impressions",
        "customer.currency_code|customer_currency_code",
        millionths="metrics.cost_micros|metrics_cost_micros",
    ),
)
# Clicks on links: other clicks stay within the network.
META = (
    Words("Day", "Campaign name", "Amount spent", "Link clicks", "Impressions", "Currency"),
    Words(
        "Dag",
        "Campagnenaam|Naam campagne",
        "Besteed bedrag",
        "Klikken op links|Klikken op link|Linkklikken|Klikken op een link",
        "Weergaven|Vertoningen",
        "Valuta",
    ),
    Words(
        "Tag",
        "Kampagnenname|Name der Kampagne",
        "Ausgegebener Betrag",
        "Link-Klicks|Linkklicks",
        "Impressionen",
        "Währung",
    ),
    Words(
        "Jour",
        "Nom de la campagne",
        "Montant dépensé",
        "Clics sur un lien|Clics sur le lien|Clics sur lien",
        "",
        "Devise",
    ),
    Words("Día", "Nombre de la campaña", "Importe gastado", "Clics en el enlace", "Impresiones", "Divisa"),
    Words("Giorno", "Nome della campagna", "Importo speso", "Clic sul link", "Impressioni", "Valuta"),
    Words(
        "date_start",
        "campaign_name",
        "spend",
        "inline_link_clicks",
        "impressions",
        "account_currency",
        until="date_stop",
    ),
)
MICROSOFT = (
    Words(
        "TimePeriod|Time period|GregorianDate|Gregorian date|Date|Day",
        "CampaignName|Campaign name|Campaign",
        "Spend",
        "Clicks",
        "Impressions|Impr.",
        "CurrencyCode|Currency code|Currency",
    ),
    Words(
        "Datum|Dag|Gregoriaanse datum",
        "Campagne|Campagnenaam",
        "Uitgaven",
        "Klikken",
        "Vertoningen|Weergaven",
        "Valutacode",
    ),
    Words(
        "Datum|Tag|Gregorianisches Datum",
        "Kampagne|Kampagnenname",
        "Ausgaben",
        "Klicks",
        "Impressionen",
        "Währungscode",
    ),
    Words(
        "Date|Jour|Date grégorienne",
        "Campagne|Nom de la campagne",
        "Dépenses|Dépense",
        "Clics",
        "",
        "Code devise|Code de devise",
    ),
)

# Columns that reports have beside these, and that no feed has.
GOOGLE_KNOWN = (
    "Campaign type|Campaign status|Campaign ID|Campaign state|Budget|Budget name|Budget type|Status|Network"
    "|Network (with search partners)|Device|Ad group|Ad group ID|Account|Account name|Customer ID|CTR"
    "|Avg. CPC|Avg. cost|Conversions|Conv. value|Conv. rate|Cost / conv.|Interactions|Interaction rate"
    "|Campagnetype|Campagnestatus|Netwerk|Apparaat|Kampagnentyp|Kampagnenstatus|Werbenetzwerk|Gerät"
    "|Type de campagne|État de la campagne|Réseau|Appareil"
    "|campaign.id|campaign.status|customer.id|segments.device|segments.ad_network_type"
)
META_KNOWN = (
    "Reporting starts|Reporting ends|Ad set name|Ad name|Campaign ID|Delivery status|Delivery level|Reach"
    "|Frequency|Results|Result indicator|Result type|Cost per results|Attribution setting|Clicks (all)"
    "|CTR (all)|Start rapportage|Einde rapportage|Bereik|Frequentie|Resultaten|Naam advertentieset"
    "|Auswertungsbeginn|Auswertungsende|Reichweite|Ergebnisse|Début des rapports|Fin des rapports|Couverture"
    "|campaign_id|adset_id|adset_name|ad_id|ad_name|account_id|account_name|clicks|reach|frequency"
)
MICROSOFT_KNOWN = (
    "AccountName|AccountNumber|AccountId|CampaignId|CampaignType|CampaignStatus|AdGroupName|AdGroupId"
    "|DeviceType|Network|Ctr|AverageCpc|Conversions|Revenue|Account name|Campaign ID|Ad group|Device type"
)

# What a row of totals begins with, and what it is called that is the total of the whole account.
TOTAL = (
    r"(?i)^\s*(?:overall total|total général|total general|totale complessivo|algemeen totaal"
    r"|totals?|totaal|gesamtsumme|gesamtergebnis|gesamt|insgesamt|summe|totale"
    r"|results from|resultaten van|ergebnisse (?:aus|von)|résultats (?:de|sur))(?:[^\p{L}\p{N}].*)?$"
)
ACCOUNT = (
    r"(?i)^\s*(?:overall total.*|total général.*|total general|totale complessivo|algemeen totaal"
    r"|(?:results from|resultaten van|ergebnisse (?:aus|von)|résultats (?:de|sur))\s.*"
    r"|(?:totals?|totaal|gesamtsumme|gesamtergebnis|gesamt|insgesamt|summe|totale)"
    r"(?:\s*[:–-]\s*(?:account|konto|compte|cuenta))?)\s*$"
)
