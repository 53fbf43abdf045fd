<?php

declare(strict_types=1);

namespace Maglia;

/** Somebody wrote the session after the version that we have. */
final class VersionConflict extends MagliaException
{
}
