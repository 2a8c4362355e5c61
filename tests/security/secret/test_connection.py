"""The password in a connection string is found, whatever stands beside it."""

import pytest

from guard.security.secret.connection import PATTERNS
from tests.pii.reference import find

PASSWORD = "Tr4vel" + "Mug#81"

FOUND = (
    f"Server=db;Database=crm;User Id=crm;Password={PASSWORD};Encrypt=true",
    f"Driver={{ODBC Driver 17}};Server=db;UID=crm;PWD={PASSWORD}",
    f"Password={PASSWORD};User ID=crm;Data Source=db",
    f"DefaultEndpointsProtocol=https;AccountName=a;AccountKey={PASSWORD};EndpointSuffix=core.windows.net",
    f"Endpoint=sb://bus/;SharedAccessKeyName=Root;SharedAccessKey={PASSWORD}",
    f"jdbc:mysql://db:3306/shop?user=shop&password={PASSWORD}",
    f"jdbc:sqlserver://db:1433;databaseName=crm;user=crm;password={PASSWORD};",
    f"jdbc:oracle:thin:crm/{PASSWORD}@db:1521:x",
)

NONE = (
    "Server=db;Database=crm;User Id=crm;Password=${PASSWORD};",
    "Server=db;User Id=crm;Password=<password>;Encrypt=true",
    "Server=db;Integrated Security=true;",
    "jdbc:postgresql://db:5432/shop",
    "Password=***;User ID=crm",
    "docker run -u 1000:1000 image",
)


@pytest.mark.parametrize("text", FOUND)
def test_the_password_is_found(text: str) -> None:
    assert find(PATTERNS, text, "SECRET_CONNECTION_STRING") == [PASSWORD]


def test_the_password_of_a_command_line_is_found() -> None:
    assert find(PATTERNS, f"curl -u robot:{PASSWORD} https://ci", "SECRET_PASSWORD") == [PASSWORD]


@pytest.mark.parametrize("text", NONE)
def test_a_string_without_one_is_left_alone(text: str) -> None:
    assert [find(PATTERNS, text, type_) for type_ in ("SECRET_CONNECTION_STRING", "SECRET_PASSWORD")] == [[], []]
