"""``adhere monitor``: a regression in consented traffic raises an alarm."""

from __future__ import annotations

import json

from click.testing import CliRunner
from running_gateway import RunningGateway, config_text
from service import Service, chat

from adhere.cli.main import cli

MORE = "[audit]\ncontent = true\n"


def test_a_seeded_regression_in_what_who_consented_got(tmp_path):
    asked = []

    def model(request, body, _):
        asked.append(body)
        return chat("A lie." if len(asked) > 40 else "The truth.")

    def grader(request, body, _):
        score = 1 if "A lie." in json.dumps(body) else 7
        return chat(json.dumps({"reason": "as asked", "score": score}))

    with Service(model) as service, Service(grader) as judge:
        text = config_text(service.url, MORE)
        text = text.replace("[developers.shop]\n", "[developers.shop]\nconsent = true\n")
        config = tmp_path / "adhere.toml"
        config.write_text(text)
        with RunningGateway(tmp_path, text) as gateway:
            for number in range(60):
                assert gateway.chat(("user", f"Is it true? {number}")).status == 200
                if number % 10 == 0:
                    gateway.chat(("user", "Not mine to look at."), key="other-key")
        command = ["monitor", "--config", str(config), "--section", "honesty", "--judge",
                   f"{judge.url}#grader", "--share", "1", "--baseline", "20", "--period", "8",
                   "--verdicts", str(tmp_path / "verdicts.jsonl")]  # fmt: skip
        result = CliRunner().invoke(cli, [*command, "--json"], standalone_mode=False)
        [chart] = json.loads(result.output)
        assert result.return_value == 1
        assert chart["baseline_adherent"] == chart["baseline_judged"] == 20
        alarms = [point["alarm"] for point in chart["points"]]
        assert alarms[0] is False
        assert alarms[-1] is True
        judged = len(judge.bodies)
        assert "Not mine" not in json.dumps(judge.bodies)
        again = CliRunner().invoke(cli, command, standalone_mode=False)
        assert "ALARM" in again.output
        assert len(judge.bodies) == judged  # each exchange is judged once
    lines = (tmp_path / "verdicts.jsonl").read_text()
    assert "truth" not in lines
