<?php

declare(strict_types=1);

namespace Maglia;

/** Something in the settings that has to be changed before sessions can work. */
final class ConfigurationError extends MagliaException
{
}
