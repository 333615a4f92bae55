"""Updating variables only if a tensor says so, in a way that every engine can trace."""

from keraslite.backend.context import context


def update_if(predicate, variables, update, otherwise=None):
    """Run `update()`, which assigns to `variables` and no others, if a scalar bool tensor holds.

    Args:
        predicate: scalar bool tensor.
        variables: list of Variables.
        update, otherwise: functions without arguments; `otherwise` may be None.
    """
    backend = context.backend
    handles = [v._value for v in variables]

    def branch(run):
        def of_values(*values):
            try:
                for variable, value in zip(variables, values):
                    variable._value = value
                if run is not None:
                    run()
                return tuple(backend.read(v._value) for v in variables)
            finally:
                for variable, handle in zip(variables, handles):
                    variable._value = handle

        return of_values

    values = [backend.read(handle) for handle in handles]
    new = backend.cond(predicate, branch(update), branch(otherwise), *values)
    for variable, handle, value in zip(variables, handles, new):
        variable._value = backend.assign(handle, value)
