"""How a class of differences is recognised; differences.toml says why each is right."""


def of_refused_filter(case, refusal):
    return []


def of_accepted_filter(case, tree):
    return []


def of_refused_patch(case, refusal):
    return []


def of_accepted_patch(case, theirs):
    return []


def of_other_outcome(case, theirs):
    return []
