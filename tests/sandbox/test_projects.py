"""Projects: listed, made, read and given parameters."""

from .conftest import Caller


def test_projects_are_an_array_with_their_history(alice: Caller):
    projects = alice.get("/projects").json()
    assert len(projects) == 8
    kittens = projects[0]
    assert set(kittens) == {"type", "name", "param_history", "created_at"}
    assert set(kittens["param_history"][0]) == {"version", "instruction", "created_at"}


def test_a_project_is_made_once(alice: Caller):
    body = {"name": "puppies", "type": "imageannotation", "params": {"instruction": "Find them"}}
    made = alice.post("/projects", body).json()
    assert made["param_history"][0]["instruction"] == "Find them"
    assert alice.get("/projects/puppies").json() == made
    assert alice.post("/projects", body).status_code == 409


def test_a_rapid_project_stages_its_batches(alice: Caller):
    alice.post("/projects", {"name": "bills", "type": "documenttranscription", "rapid": True})
    answer = alice.create("bills-1", project="bills", calibration_batch=True)
    assert answer.json()["status"] == "staging"


def test_parameters_make_a_new_version(alice: Caller):
    answer = alice.post("/projects/kitten_labeling/setParams", {"instruction": "Only tabbies"})
    assert [params["version"] for params in answer.json()["param_history"]] == [0, 1]


def test_an_unknown_project_is_404(alice: Caller):
    assert alice.get("/projects/nowhere").status_code == 404
    assert alice.get("/projects/nowhere/else").status_code == 404
