"""The responses of a fake service."""

from tests.api.serving import answer

FINE_HEADERS = {
    "Content_Type": "audio/midi",
    "Leitmotif_Seed": "7",
    "Leitmotif_Model_Version": "1",
    "Leitmotif_Notes": "40",
    "Leitmotif_Longest_Quote": "0",
}
FINE = answer(200, b"MThd", **FINE_HEADERS)
