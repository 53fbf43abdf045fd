<?php

declare(strict_types=1);

/*
 * For php.ini: `auto_prepend_file = /usr/share/php/Maglia/prepend.php`. From then on the application's session_start()
 * keeps its sessions at the daemon of this host; the application itself stays as it is. Everything that can be set is in
 * Settings.php.
 */
require_once __DIR__ . '/autoload.php';

Maglia\Sessions::install();
