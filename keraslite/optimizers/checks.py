"""Checks of the arguments that all optimizers share."""


def check_arguments(
    name, weight_decay, clipnorm, clipvalue, global_clipnorm, use_ema, ema_momentum,
    ema_overwrite_frequency, accumulation,
):  # fmt: skip
    """Raise a ValueError that names the optimizer if an argument is out of its range."""
    if sum(c is not None for c in (clipnorm, clipvalue, global_clipnorm)) > 1:
        raise ValueError(
            f"{name}: set only one of clipnorm, clipvalue and global_clipnorm; found"
            f" {clipnorm=}, {clipvalue=}, {global_clipnorm=}."
        )
    for key, value in (
        ("clipnorm", clipnorm), ("clipvalue", clipvalue), ("global_clipnorm", global_clipnorm),
    ):  # fmt: skip
        if value is not None and value <= 0:
            raise ValueError(f"{name}: {key} must be positive, found {value}.")
    if weight_decay is not None and weight_decay < 0:
        raise ValueError(f"{name}: weight_decay must not be negative, found {weight_decay}.")
    if use_ema and not 0 <= ema_momentum <= 1:
        raise ValueError(f"{name}: ema_momentum must lie in [0, 1], found {ema_momentum}.")
    if ema_overwrite_frequency is not None and ema_overwrite_frequency < 1:
        raise ValueError(
            f"{name}: ema_overwrite_frequency must be None or a positive int, found"
            f" {ema_overwrite_frequency}."
        )
    if accumulation is not None and accumulation < 2:
        raise ValueError(
            f"{name}: gradient_accumulation_steps must be None or at least 2, found {accumulation}."
        )
