"""The values that fill the slots of templates with names, and which of them are entities of which type."""

import random
import re
import string
from collections.abc import Callable
from datetime import date, timedelta

from faker import Faker

LABELS = {
    **dict.fromkeys(
        ("person", "first", "last", "person_lower", "person_upper", "person_last_first", "first_lower"), "PERSON"
    ),
    **dict.fromkeys(("city", "country", "state", "city_lower", "language_place"), "LOCATION"),
    **dict.fromkeys(("org", "org_upper", "org_lower", "org_short", "university", "hospital"), "ORGANIZATION"),
    **dict.fromkeys(("address", "street", "address_upper", "address_lines", "street_city"), "STREET_ADDRESS"),
    **dict.fromkeys(("date", "iso_date", "month", "weekday", "year"), "DATE_TIME"),
    "nrp": "NRP",
    "age": "AGE",
    "bare_age": "",
}
"""Slots that are entities. An empty type: a number that the words round it may make an age, so nothing is taught of it."""

_TITLES = (
    "Mr.",
    "Mr",
    "Mrs.",
    "Mrs",
    "Ms.",
    "Ms",
    "Miss",
    "Dr.",
    "Dr",
    "Prof.",
    "Sir",
    "Judge",
    "Officer",
    "Herr",
    "Frau",
    "Madame",
)
_JOBS = (
    "Sales Manager", "software engineer", "Head of Finance", "nurse", "CEO", "Chief Financial Officer", "plumber",
    "Senior Consultant", "teacher", "Director", "VP Engineering", "accountant", "project lead", "Attorney at Law",
)  # fmt: skip
_NRP = (
    "French", "German", "Italian", "Spanish", "American", "British", "Irish", "Scottish", "Mexican", "Brazilian",
    "Argentine", "Canadian", "Indian", "Pakistani", "Chinese", "Japanese", "Korean", "Vietnamese", "Thai", "Turkish",
    "Greek", "Polish", "Czech", "Hungarian", "Romanian", "Ukrainian", "Russian", "Swedish", "Norwegian", "Danish",
    "Finnish", "Dutch", "Belgian", "Swiss", "Austrian", "Portuguese", "Nigerian", "Kenyan", "Ghanaian", "Egyptian",
    "Moroccan", "Israeli", "Lebanese", "Iranian", "Iraqi", "Australian", "Filipino", "Indonesian", "Catholic",
    "Protestant", "Muslim", "Jewish", "Hindu", "Buddhist", "Sikh", "Orthodox", "Republican", "Democrat", "Kurdish",
    "Cuban", "Chilean", "Peruvian", "Colombian", "Ethiopian", "South African", "Latino", "Asian American",
)  # fmt: skip
_COUNTRIES = (
    "France", "Germany", "Italy", "Spain", "the United States", "USA", "U.S.", "United Kingdom", "UK", "England",
    "Scotland", "Ireland", "Mexico", "Brazil", "Argentina", "Canada", "India", "Pakistan", "China", "Japan", "South Korea",
    "Vietnam", "Thailand", "Turkey", "Greece", "Poland", "Czech Republic", "Hungary", "Romania", "Ukraine", "Russia",
    "Sweden", "Norway", "Denmark", "Finland", "Netherlands", "Belgium", "Switzerland", "Austria", "Portugal", "Nigeria",
    "Kenya", "Ghana", "Egypt", "Morocco", "Israel", "Lebanon", "Iran", "Iraq", "Australia", "New Zealand", "Philippines",
    "Indonesia", "Cuba", "Chile", "Peru", "Colombia", "Ethiopia", "South Africa", "Singapore", "Malaysia", "Europe",
    "Africa", "Latin America", "Saudi Arabia", "United Arab Emirates", "Luxembourg", "Iceland", "Croatia", "Serbia",
)  # fmt: skip
_CITIES = (
    "London", "Paris", "Berlin", "New York", "Los Angeles", "San Francisco", "Chicago", "Boston", "Seattle", "Austin",
    "Washington", "Washington, D.C.", "NYC", "L.A.", "Tokyo", "Beijing", "Shanghai", "Hong Kong", "Delhi", "Mumbai",
    "Bangalore", "Dubai", "Cairo", "Lagos", "Nairobi", "Cape Town", "Sydney", "Melbourne", "Toronto", "Vancouver",
    "Montreal", "Madrid", "Barcelona", "Rome", "Milan", "Vienna", "Zurich", "Geneva", "Munich", "Hamburg", "Amsterdam",
    "Brussels", "Dublin", "Edinburgh", "Manchester", "Birmingham", "Leeds", "Lisbon", "Porto", "Athens", "Istanbul",
    "Moscow", "Kyiv", "Warsaw", "Prague", "Budapest", "Copenhagen", "Stockholm", "Oslo", "Helsinki", "São Paulo",
    "Rio de Janeiro", "Buenos Aires", "Lima", "Bogotá", "Mexico City", "Singapore", "Seoul", "Bangkok", "Jakarta", "Manila",
    "Brooklyn", "Manhattan", "Hollywood", "Silicon Valley", "Wall Street", "the Alps", "Lake Geneva", "the Rhine",
    "Springfield", "Portland", "Phoenix", "Denver", "Reading", "Bath", "Nice", "Essen", "Florence", "Charlotte", "Jackson",
)  # fmt: skip
_STATES = (
    "California", "Texas", "New York", "Florida", "Ohio", "Illinois", "Delaware", "Massachusetts", "Georgia", "Washington",
    "Nevada", "CA", "TX", "NY", "Bavaria", "Ontario", "Queensland", "Catalonia", "Scotland", "Tuscany", "Normandy", "Virginia",
)  # fmt: skip
_BRANDS = (
    "Microsoft", "Google", "Apple", "Amazon", "Siemens", "Toyota", "Samsung", "Nestlé", "BBC", "CNN", "NATO", "the United Nations",
    "UNICEF", "WHO", "FIFA", "IBM", "Intel", "NVIDIA", "Volkswagen", "Deutsche Bank", "HSBC", "Goldman Sachs", "JPMorgan",
    "Walmart", "Target", "Starbucks", "McDonald's", "Nike", "Adidas", "Tesla", "Boeing", "Airbus", "Lufthansa", "Ryanair",
    "Shell", "BP", "Unilever", "Pfizer", "Reuters", "Associated Press", "The New York Times", "The Guardian", "Netflix",
    "Facebook", "Meta", "Twitter", "OpenAI", "Red Cross", "Greenpeace", "Manchester United", "Real Madrid", "Bayern Munich",
    "Chicago Bulls", "the Senate", "the European Commission", "World Bank", "the Labour Party", "Harvard", "MIT", "NASA", "FBI",
    "Ministry of Health", "Supreme Court", "Department of Justice", "City Council", "Oracle", "Cisco", "SAP", "Sony", "Uber",
)  # fmt: skip
_FIRM = (
    "{a} {b} Inc.", "{a} Ltd", "{a} {b} LLC", "{a} & {c}", "{a} GmbH", "{a} S.A.", "{a} Group", "{a} {b}", "{a}{b}", "{a} Holdings",
    "Bank of {city}", "{city} {b}", "First {city} Bank", "{a}, {c} and Partners", "{a} Corporation", "{a} Co.", "{a} Foundation",
    "{city} Police Department", "{city} Medical Center", "Café {a}", "{a}'s Diner", "{a} Hotel", "Restaurant {a}", "{a} AG", "{a} plc",
)  # fmt: skip
_TRADE = (
    "Systems", "Logistics", "Energy", "Software", "Foods", "Motors", "Pharma", "Capital", "Insurance", "Media", "Labs", "Consulting",
    "Technologies", "Partners", "Airlines", "Construction", "Solutions", "Analytics", "Robotics", "Ventures", "Bakery", "Bank",
)  # fmt: skip
_STEMS = (
    "Acme", "Northwind", "Blue River", "Zenith", "Orbit", "Vertex", "Silverline", "Helios", "Quantum", "Evergreen", "Pinnacle",
    "Nordlicht", "Atlas", "Redwood", "Summit", "Aurora", "Lumen", "Cobalt", "Harbor", "Ironbridge", "Sunrise", "Polaris", "Novatek",
)  # fmt: skip
_PRODUCTS = (
    "iPhone", "Galaxy S23", "Windows", "Excel", "Word", "PowerPoint", "MacBook Pro", "PlayStation", "Kindle", "ThinkPad", "Model 3",
    "AirPods", "Thermomix", "Chromebook", "Office 365", "Photoshop", "Android", "Alexa", "Surface Pro", "GoPro", "Roomba",
)  # fmt: skip
_TECH = (
    "Python", "JavaScript", "TypeScript", "Java", "Kotlin", "Rust", "Go", "Docker", "Kubernetes", "PostgreSQL", "MySQL", "Redis",
    "MongoDB", "Kafka", "RabbitMQ", "Nginx", "Linux", "Ubuntu", "React", "Angular", "Vue", "Django", "Flask", "FastAPI", "Spring Boot",
    "Node.js", "TensorFlow", "PyTorch", "NumPy", "Pandas", "Git", "GitLab", "Jenkins", "Terraform", "Ansible", "Prometheus", "Grafana",
    "GraphQL", "REST", "Swift", "Ruby on Rails", "Apache Spark", "Hadoop", "Elasticsearch", "VS Code", "Jupyter", "OpenAPI", "Bash",
)  # fmt: skip
_WORDS = (
    "queue", "parser", "invoice", "report", "config", "logger", "client", "session", "token", "cache", "worker", "handler", "router",
    "customer", "order", "payload", "buffer", "engine", "widget", "model", "user_name", "first_name", "address", "response", "item",
)  # fmt: skip
_MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"]
_DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
_RELATIONS = ("wife", "husband", "mother", "brother", "daughter", "friend")
_LANGUAGES = ("Spanish", "Polish", "Hindi", "Turkish", "Portuguese", "Arabic")
_STREETS = ("Street", "St", "St.", "Avenue", "Ave", "Ave.", "Road", "Rd", "Lane", "Drive", "Dr", "Boulevard", "Blvd", "Court", "Way", "Place", "Terrace", "Square", "Crescent", "Close", "Parkway", "Highway")  # fmt: skip
_NAMES_OF_STREETS = ("Main", "Oak", "Maple", "High", "Church", "Station", "Park", "Mill", "Baker", "King", "Queen", "Washington", "Lincoln", "Elm", "Cedar", "Lake", "Hill", "5th", "42nd", "West End", "Victoria", "Albert", "North", "Sunset", "Market")  # fmt: skip
_UNITS = (
    "Apt {n}",
    "Apt. {n}B",
    "Suite {n}",
    "Unit {n}",
    "Flat {n}",
    "#{n}",
    "Floor {n}",
    "2nd Floor",
    "PO Box {n}",
    "Room {n}",
)


class Values:
    """Values of one locale."""

    def __init__(self, fake: Faker, rng: random.Random, locale: str) -> None:
        self._fake, self._rng, self._locale = fake, rng, locale
        self._makers: dict[str, Callable[[], str]] = {
            "person": self.person,
            "first": self._first,
            "last": self._last,
            "person_lower": lambda: self.person().lower(),
            "person_upper": lambda: self.person().upper(),
            "person_last_first": lambda: f"{self._last()}, {self._first()}",
            "first_lower": lambda: self._first().lower(),
            "city": self._city,
            "city_lower": lambda: self._city().lower(),
            "country": lambda: rng.choice(_COUNTRIES),
            "state": lambda: rng.choice(_STATES),
            "org": self._org,
            "org_upper": lambda: self._org().upper(),
            "org_lower": lambda: self._org().lower(),
            "org_short": lambda: "".join(rng.choices(string.ascii_uppercase, k=rng.randint(3, 4))),
            "university": lambda: rng.choice((f"University of {self._city()}", f"{self._city()} University", f"{self._last()} College", "Technical University")),
            "hospital": lambda: rng.choice((f"St. {self._first()} Hospital", f"{self._city()} General Hospital", f"{self._last()} Clinic", f"{self._city()} Medical Center")),
            "street": self._street,
            "street_city": lambda: f"{self._street()}, {self._city()}",
            "address": self._address,
            "address_upper": lambda: self._address().upper(),
            "address_lines": lambda: self._address().replace(", ", "\n"),
            "zip": lambda: str(fake.postcode()),
            "date": self._date,
            "iso_date": lambda: self._day().isoformat(),
            "month": lambda: rng.choice(_MONTHS),
            "weekday": lambda: rng.choice(_DAYS),
            "year": lambda: str(rng.randint(1850, 2025)),
            "nrp": lambda: rng.choice(_NRP),
            "age": self._age,
            "bare_age": lambda: str(rng.randint(1, 99)),
            "title": lambda: rng.choice(_TITLES),
            "job": lambda: rng.choice(_JOBS),
            "relation": lambda: rng.choice(_RELATIONS),
            "language": lambda: rng.choice(_LANGUAGES),
            "email": lambda: rng.choice((str(fake.ascii_email()), f"{self._ascii(self._first())}.{self._ascii(self._last())}@{rng.choice(_WORDS)}.example")),
            "phone": self._phone,
            "card": lambda: str(Faker().credit_card_number()) if rng.random() < 0.5 else "4111 1111 1111 1111",
            "iban": lambda: "DE" + "".join(rng.choices(string.digits, k=20)),
            "ip": lambda: ".".join(str(rng.randint(1, 254)) for _ in range(4)),
            "id": lambda: "".join(rng.choices(string.ascii_uppercase, k=rng.randint(0, 3))) + "-" * rng.randint(0, 1) + "".join(rng.choices(string.digits, k=rng.randint(4, 9))),
            "amount": lambda: f"{rng.choice(('$', '€', '£', 'EUR ', 'USD '))}{rng.randint(1, 99999):,}.{rng.randint(0, 99):02d}",
            "number": lambda: str(rng.randint(1, 9999)),
            "url": lambda: f"https://{rng.choice(_WORDS)}.example.com/{rng.choice(_WORDS)}",
            "user": lambda: rng.choice((f"{self._ascii(self._first())}{rng.randint(1, 999)}", f"{rng.choice(_WORDS)}_{rng.randint(1, 99)}", f"{self._ascii(self._first())[:1]}{self._ascii(self._last())}")),
            "product": lambda: rng.choice(_PRODUCTS),
            "tech": lambda: rng.choice(_TECH),
            "package": lambda: rng.choice(_WORDS) + rng.choice(("", "-cli", "_core", "s", ".utils")),
            "argument": lambda: rng.choice(_WORDS),
            "function": lambda: f"{rng.choice(('get', 'load', 'make', 'parse', 'send'))}_{rng.choice(_WORDS)}",
            "camel": lambda: rng.choice(_WORDS).title().replace("_", "") + rng.choice(("", "Manager", "Service", "Error", "Factory", "View")),
        }  # fmt: skip

    def value(self, slot: str) -> str | None:
        """A value; None for what is no slot, such as a brace in code."""
        maker = self._makers.get(slot)
        return None if maker is None else maker()

    def spans(self, slot: str, value: str) -> list[tuple[int, int, str]]:
        """Which parts of a value are entities."""
        if slot not in LABELS:
            return []
        lead = len("the ") if value.startswith("the ") else 0
        return [(lead, len(value), LABELS[slot])]

    def person(self) -> str:
        """A name in one of the forms that people write."""
        first, last = self._first(), self._last()
        forms = [f"{first} {last}"] * 12 + [
            f"{first} {self._first()} {last}", f"{first[0]}. {last}", f"{first} {self._rng.choice(string.ascii_uppercase)}. {last}",
            f"{first} {last}-{self._last()}", f"{first} {last} Jr.", f"{first[0]}.{self._rng.choice(string.ascii_uppercase)}. {last}",
        ]  # fmt: skip
        return self._rng.choice(forms)

    def _first(self) -> str:
        return str(self._fake.first_name())

    def _last(self) -> str:
        return str(self._fake.last_name())

    def _city(self) -> str:
        if self._rng.random() < 0.5:
            return self._rng.choice(_CITIES)
        return str(self._fake.city())

    def _org(self) -> str:
        choice = self._rng.random()
        if choice < 0.3:
            return str(self._fake.company())
        if choice < 0.55:
            return self._rng.choice(_BRANDS)
        stem = self._rng.choice(_STEMS) if self._rng.random() < 0.6 else self._last()
        return self._rng.choice(_FIRM).format(
            a=stem, b=self._rng.choice(_TRADE), c=self._last(), city=self._rng.choice(_CITIES[:60])
        )

    def _street(self) -> str:
        if self._locale.startswith("en") and self._rng.random() < 0.6:
            return f"{self._rng.randint(1, 9999)} {self._rng.choice(_NAMES_OF_STREETS)} {self._rng.choice(_STREETS)}"
        return " ".join(str(self._fake.street_address()).split())

    def _address(self) -> str:
        choice = self._rng.random()
        if choice < 0.35:
            return ", ".join(str(self._fake.address()).splitlines())
        parts = [self._street()]
        if self._rng.random() < 0.3:
            parts.append(self._rng.choice(_UNITS).format(n=self._rng.randint(1, 400)))
        town, code = self._city(), str(self._fake.postcode())
        if self._locale in ("en_US", "en_CA", "en_AU"):
            parts.append(
                self._rng.choice(
                    (f"{town}, {self._state()} {code}", f"{town} {self._state()} {code}", f"{town}, {self._state()}")
                )
            )
        elif self._locale.startswith("en"):
            parts.append(self._rng.choice((f"{town} {code}", f"{town}, {code}", town)))
        else:
            parts.append(self._rng.choice((f"{code} {town}", f"{code} {town}", town)))
        if self._rng.random() < 0.15:
            parts.append(self._rng.choice(_COUNTRIES))
        return ", ".join(parts)

    def _state(self) -> str:
        return "".join(self._rng.choices(("CA", "NY", "TX", "IL", "MA", "NSW", "ON", "WA", "OH"), k=1))

    def _day(self) -> date:
        return date(1940, 1, 1) + timedelta(days=self._rng.randrange(31_500))

    def _date(self) -> str:
        day = self._day()
        month = _MONTHS[day.month - 1]
        forms = (
            day.isoformat(), f"{day.day:02d}/{day.month:02d}/{day.year}", f"{day.month}/{day.day}/{day.year % 100:02d}", f"{day.day}.{day.month}.{day.year}",
            f"{month} {day.day}, {day.year}", f"{day.day} {month} {day.year}", f"{month} {day.day}", f"{day.day} {month[:3]} {day.year}", f"{month} {day.year}",
            f"the {day.day}th of {month}", f"{self._rng.choice(_DAYS)}", f"{day.year}", f"{self._rng.randint(1, 12)}:{self._rng.randint(0, 59):02d} pm", f"{month} {day.day}th",
        )  # fmt: skip
        return self._rng.choice(forms)

    def _phone(self) -> str:
        form = self._rng.choice(
            (
                "(###) ###-####",
                "###-###-####",
                "+1 ### ### ####",
                "+49 ### #######",
                "0### ######",
                "+44 #### ######",
                "+33 # ## ## ## ##",
                "##########",
                "+91-##########",
            )
        )
        return "".join(self._rng.choice(string.digits) if c == "#" else c for c in form)

    def _age(self) -> str:
        years = self._rng.randint(1, 98)
        return self._rng.choice((f"{years} years old", f"{years}-year-old", f"{years}", f"{years} years", f"{years}yo"))

    def _ascii(self, text: str) -> str:
        return re.sub(r"[^a-z]", "", text.lower()) or "user"
