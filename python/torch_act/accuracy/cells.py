"""Numbers of a certificate as the cells of its tables."""

from torch_act.accuracy.errors import Errors


def number(ulp: float) -> str:
    return f"{ulp:.3f}" if ulp < 1000 else f"{ulp:.2e}"


def worst(errors: Errors) -> str:
    """And, where it is another, that with the floor."""
    if errors.worst_floored == errors.worst:
        return number(errors.worst)
    return f"{number(errors.worst)} ({number(errors.worst_floored)})"


def share(errors: Errors) -> str:
    """Of the results that are nearest; never 100 % where one is missing."""
    wrong = errors.counted - errors.correctly_rounded
    if wrong == 0:
        return "all"
    if wrong < 1000:
        return f"all but {wrong}"
    return f"{100 * errors.correctly_rounded / errors.counted:.2f} %"


def faults(errors: Errors) -> str:
    names = {
        "wrong_kind": "kind",
        "wrong_sign": "sign",
        "reversals": "order",
        "asymmetries": "symmetry",
    }
    found = {name: getattr(errors, field) for field, name in names.items()}
    return ", ".join(f"{name} {count}" for name, count in found.items() if count)
