<?php

declare(strict_types=1);

namespace Maglia;

/** The daemon of this host cannot be reached, or did not answer in time. Nothing is known of the session. */
final class DaemonUnavailable extends MagliaException
{
}
