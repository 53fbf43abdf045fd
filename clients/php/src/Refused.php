<?php

declare(strict_types=1);

namespace Maglia;

/** The daemon understood, and will not do it as it was asked: too large, no token, a setting out of its range. */
class Refused extends MagliaException
{
}
