"""What the search over everything (Ctrl K) is asked."""

from django import forms

LONGEST = 1024


class PaletteForm(forms.Form):
    """at: the path of the page that it was opened on. selection: the id of what is ticked there.

    What is wrong counts as not given: a search shows what it can.
    """

    q = forms.CharField(required=False, max_length=LONGEST, strip=False)
    at = forms.CharField(required=False, max_length=4 * LONGEST, strip=False)
    selection = forms.CharField(required=False, max_length=64)

    def given(self, name: str) -> str:
        self.full_clean()
        text: str = self.cleaned_data.get(name, "")
        return text
