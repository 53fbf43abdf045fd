<?php

declare(strict_types=1);

namespace Maglia;

/**
 * Keeps PHP's sessions at the daemon of this host.
 *
 * PHP asks in this order, `[…]` in strict mode only:
 *
 *   session_start()               open  [validateId]  create_sid where there is no valid id  read
 *   session_write_close(), end    write, or updateTimestamp where nothing changed            close
 *   session_regenerate_id()       destroy or write the old   close  open  create_sid  [validateId: is it taken?]  read
 *   session_create_id()           create_sid  [validateId: is it taken?]
 *   session_reset()               open  [validateId]  read, the session's lock being held already
 *
 * All that needs the daemon at the start is done in open(), in one call: PHP passes on as it is only what open() throws.
 */
final class SessionHandler implements
    \SessionHandlerInterface,
    \SessionIdInterface,
    \SessionUpdateTimestampHandlerInterface
{
    /** What a daemon can be asked about at all. */
    private const ID_FORM = '/^[\x21-\x7e]{1,250}$/D';

    private ?Daemon $daemon = null;
    private ?SessionFormat $format = null;

    /** Whether PHP has opened us and not closed us since. */
    private bool $isOpen = false;

    /** The session that PHP works on, and the id that it came with; null between two sessions. */
    private ?StoredSession $session = null;
    private string $askedFor = '';

    /** The id of a session that is not the one PHP asked for, until PHP has been told. */
    private ?string $untold = null;

    /** An id that PHP has just been told, and asks about only to be sure that nobody else has it. */
    private ?string $justMade = null;

    /** @var array<string, Lock> by session id */
    private array $locks = [];

    /** @param ?Settings $settings read when the first session is started where none are given */
    public function __construct(private ?Settings $settings = null)
    {
    }

    public function __destruct()
    {
        $this->close();
    }

    public function open(string $path, string $name): bool
    {
        if (ini_get('session.serialize_handler') !== 'php_serialize') {
            throw new ConfigurationError(
                'SERIALIZE_HANDLER',
                'session.serialize_handler must be php_serialize, which is the one that loses no key of $_SESSION',
            );
        }
        $this->settings ??= Settings::read();
        $this->daemon ??= new Daemon($this->settings);
        $this->format ??= match ($this->settings->format) {
            Format::Json => new JsonFormat($this->daemon),
            Format::Php => new PhpFormat($this->daemon),
        };
        $this->justMade = null;
        $this->isOpen = true;
        $this->enter((string) session_id());
        return true;
    }

    public function validateId(string $id): bool
    {
        if ($this->isLeftover()) {
            return true;
        }
        if ($id === $this->justMade) {
            $this->justMade = null;
            return false;
        }
        return $this->sessionAt($id)->id === $id;
    }

    public function create_sid(): string
    {
        if ($this->isLeftover()) {
            return bin2hex(random_bytes(16));
        }
        // An application that only wants an id keeps its session meanwhile.
        $this->justMade = $this->untold ?? $this->take('')->id;
        $this->untold = null;
        return $this->justMade;
    }

    public function read(string $id): string
    {
        $this->justMade = null;
        $session = $this->sessionAt($id);
        if ($session->id !== $id) {
            throw new ConfigurationError(
                'STRICT_MODE_OFF',
                'there is no session of this id, and none can be made under an id that no daemon minted: '
                    . 'leave session.use_strict_mode on, and give session_create_id() no prefix',
            );
        }
        return $this->format->load($session);
    }

    public function write(string $id, string $data): bool
    {
        $this->complain($this->save($this->sessionAt($id), $data));
        return true;
    }

    /** What lazy_write calls instead of write() where nothing changed. */
    public function updateTimestamp(string $id, string $data): bool
    {
        $session = $this->sessionAt($id);
        try {
            $this->daemon->touch($session->id, $this->lifeOf($session));
        } catch (SessionGone) {
            // Nothing is lost with it; the next request gets a fresh one.
        }
        return true;
    }

    public function destroy(string $id): bool
    {
        try {
            $this->daemon->destroy($id);
        } catch (SessionGone) {
            // That is what was wanted.
        }
        return true;
    }

    public function close(): bool
    {
        $locks = $this->locks;
        $this->locks = [];
        $this->isOpen = false;
        $this->session = null;
        $this->untold = null;
        foreach ($locks as $id => $lock) {
            $this->unlock((string) $id, $lock);
        }
        return true;
    }

    /** The daemon's business: what has outlived its time is gone there. */
    public function gc(int $max_lifetime): int
    {
        return 0;
    }

    /**
     * Ends the session at the end of a request, whatever the application left in it. A value that PHP itself refuses to
     * serialize, such as a closure, would else cost the request all of its changes.
     */
    public function finish(): void
    {
        try {
            if ($this->session === null || session_status() !== PHP_SESSION_ACTIVE) {
                return;
            }
            $complaints = $this->takeOutWhatPhpRefuses();
            session_write_close();
            $this->complain($complaints);
        } finally {
            $this->close();
        }
    }

    /**
     * An application has set its own six functions after us, perhaps when it had finished a session of ours. PHP opens those
     * then, and not us, but still asks us what these six do not do: for new ids, and whether ids are valid.
     */
    private function isLeftover(): bool
    {
        return !$this->isOpen;
    }

    private function sessionAt(string $id): StoredSession
    {
        if ($this->session === null || ($id !== $this->askedFor && $id !== $this->session->id)) {
            $this->enter($id);
        }
        return $this->session;
    }

    private function enter(string $id): void
    {
        $this->session = $this->untold = null;
        $this->askedFor = $id;
        $this->session = isset($this->locks[$id]) ? $this->takeAgain($id) : $this->take($id);
        if ($this->session->id !== $id) {
            $this->untold = $this->session->id;
        }
    }

    private function take(string $id): StoredSession
    {
        $session = $this->daemon->open(preg_match(self::ID_FORM, $id) === 1 ? $id : null, $this->life());
        if ($session->lock !== null) {
            $this->locks[$session->id] = $session->lock;
        }
        return $session;
    }

    /** As it stands now. To queue for its lock would be to wait for ourselves. */
    private function takeAgain(string $id): StoredSession
    {
        try {
            return $this->daemon->get($id);
        } catch (SessionGone) {
            unset($this->locks[$id]);
            return $this->take($id);
        }
    }

    /** @return array<string> complaints */
    private function save(StoredSession $session, string $data): array
    {
        $isAlone = !isset($this->locks[$session->id]) || $this->locks[$session->id]->isSurelyHeld();
        try {
            return $this->format->save($session, $_SESSION, $data, $this->lifeOf($session), $isAlone);
        } catch (SessionGone $gone) {
            // S5: who logs out in one tab wants nothing kept of what goes on in another.
            return $gone->reason === 'destroyed'
                ? []
                : ["the session is gone ($gone->reason), and with it what this request stored; the next one starts afresh"];
        } catch (VersionConflict) {
            return [
                'others have written the session since this request read it, which kept it for longer than a lock lasts '
                    . '(session.lockSeconds of the daemon); nothing is saved',
            ];
        }
    }

    /** What was saved is saved, and a lock that cannot be given back ends by itself. */
    private function unlock(string $id, Lock $lock): void
    {
        try {
            $this->daemon?->unlock($id, $lock);
        } catch (MagliaException) {
        }
    }

    /** Another language may have given the session a longer life than PHP's sessions have; that stays. */
    private function lifeOf(StoredSession $session): ?int
    {
        return $session->isFresh || $session->ttlSeconds > $this->life() ? null : $this->life();
    }

    private function life(): int
    {
        return max(0, (int) ini_get('session.gc_maxlifetime'));
    }

    /** @return array<string> complaints */
    private function takeOutWhatPhpRefuses(): array
    {
        if (!$this->format instanceof JsonFormat) {
            return [];
        }
        try {
            session_encode();
            return [];
        } catch (\Throwable) {
            $former = $this->session->values();
            $complaints = SessionChanges::between($former, $_SESSION)->complaints;
            $_SESSION = array_intersect_key($former, $complaints) + array_diff_key($_SESSION, $complaints);
            return $complaints;
        }
    }

    /** @param array<string> $complaints told last: an application may make exceptions of warnings */
    private function complain(array $complaints): void
    {
        foreach ($complaints as $complaint) {
            trigger_error("maglia: $complaint", E_USER_WARNING);
        }
    }
}
