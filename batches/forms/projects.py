"""What is set for a project here."""

from django import forms

LONGEST = 24 * 90


class ProjectSettingsForm(forms.Form):
    """Empty: as in the settings of the product."""

    staging_hours = forms.IntegerField(
        label="Hours in staging",
        required=False,
        min_value=1,
        max_value=LONGEST,
        error_messages={"invalid": f"Enter a whole number of hours, from 1 to {LONGEST:,}."},
    )

    def __init__(self, *args: object, default: int, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # as Django has it
        self.fields["staging_hours"].help_text = (
            "After so many hours without a new task, a batch of this project that nobody "
            f"finalized needs attention. Empty: {default} hours, as for all projects."
        )
