"""Verifies an export of the audit log with nothing of Signet: python3 verify-audit-export.py export.jsonl"""
import hashlib
import json
import sys

before = {}
faults = events = 0
for line in open(sys.argv[1], encoding="utf-8"):
    event = json.loads(line)
    chain, number, claimed = event["projectId"] or "platform", event["sequence"], event.pop("hash")
    canonical = json.dumps(event, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    fault = None
    if hashlib.sha256(canonical.encode()).hexdigest() != claimed:
        fault = "changed"
    elif chain in before and before[chain] != (number - 1, event["previous"]):
        fault = "does not follow the event before it"
    if fault:
        print(f"{chain}, event {number}: {fault}")
        faults += 1
    before[chain] = (number, claimed)
    events += 1
if not faults:
    print(f"{events} events, intact")
sys.exit(1 if faults else 0)
