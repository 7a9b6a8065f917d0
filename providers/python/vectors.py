"""Makes a token for each case on standard input. See ../README.md for what is read and written."""

import base64
import sys

from signet_token import TokenProvider

for text in sys.stdin.read().strip().split("\n\n"):
    fields = {}
    for line in text.split("\n"):
        name, _, value = line.partition(" ")
        fields[name] = base64.b64decode(value).decode()
    data = {name.removeprefix("data."): fields.pop(name) for name in list(fields) if name.startswith("data.")}
    options = {
        "audience": fields.get("audience"),
        "key_id": fields.get("keyId"),
        "platform_key_id": fields.get("platformKeyId"),
    }
    if "lifetime" in fields:
        options["lifetime"] = int(fields["lifetime"])
    if "claimPrefix" in fields:
        options["claim_prefix"] = fields["claimPrefix"]
    if "clock" in fields:
        options["clock"] = lambda: int(fields["clock"])
    try:
        provider = TokenProvider(fields["privateKey"], fields["platformKey"], issuer=fields["issuer"], **options)
        print(provider.issue(fields["userId"], data))
    except ValueError:
        print("refused")
