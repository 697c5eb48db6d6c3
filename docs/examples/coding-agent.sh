#!/bin/sh
# A coding agent as proposer: it edits train.py in the folder where it is started, and says in a file what it did.
# Any agent will do that takes its task as an argument; this one prints its answer and its cost as JSON.
claude -p "$(cat TASK.md)
Print no JSON. Edit train.py in this folder, and write into idea.txt, in one line, what you changed." \
  --permission-mode acceptEdits --output-format json < /dev/null > answer.json || exit 1
python3 -c '
import json
usd = json.load(open("answer.json")).get("total_cost_usd", 0)
print(json.dumps({"description": open("idea.txt").read().strip(), "usd": usd}))'
