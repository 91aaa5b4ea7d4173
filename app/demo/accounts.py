"""The accounts of the demo, for the sign-in page. Everybody knows the password: they exist in demo databases only."""

from __future__ import annotations

DEMO_PASSWORD = "loket-demo-2026"

# (user name, Dutch description, English description)
DEMO_ACCOUNTS: list[tuple[str, str, str]] = [
    ("noor@demo.test", "adviseur, Regio Utrecht", "adviser, Regio Utrecht"),
    ("zeki@demo.test", "adviseur, Regio Rotterdam", "adviser, Regio Rotterdam"),
    ("carla@demo.test", "coördinator, Regio Utrecht; ook adviseur in Regio Gooi", "coordinator, Regio Utrecht; also adviser in Regio Gooi"),
    ("nadia@demo.test", "landelijk adviseur", "national adviser"),
    ("beheer@demo.test", "beheerder", "administrator"),
    ("hr@demo.test", "school, HR van een bestuur met drie scholen in Utrecht", "school, HR of a board with three schools in Utrecht"),
    ("opleider@demo.test", "opleider", "training institute"),
    ("studie@demo.test", "studieadviseur bij dezelfde opleider", "study adviser at the same training institute"),
    ("fatima@demo.test", "kandidaat, Regio Utrecht", "candidate, Regio Utrecht"),
]
