<?php

declare(strict_types=1);

namespace Maglia;

/** What a request made of its $_SESSION: only these keys are written, and all others left to other requests that write. */
final class SessionChanges
{
    /**
     * @param array $before the values that were read, of the changed keys
     * @param array $after the values to be kept instead; a key that is missing here was removed
     * @param array<string> $complaints about what cannot be kept, by its key
     */
    private function __construct(
        private readonly array $before,
        private readonly array $after,
        public readonly array $complaints,
    ) {
    }

    public static function between(array $before, array $after): self
    {
        $complaints = [];
        foreach ($after as $key => $value) {
            $complaint = Json::complaintAboutKey((string) $key, '$_SESSION')
                ?? Json::complaintAbout($value, Json::place('$_SESSION', $key));
            // What cannot be kept leaves the key as it was. Nothing else is lost for it.
            if ($complaint !== null) {
                $hasFormer = array_key_exists($key, $before);
                $complaints[$key] = $complaint . ($hasFormer ? '; the former value is kept' : '; the key is left out');
            }
            if ($complaint !== null || (array_key_exists($key, $before) && $before[$key] === $value)) {
                unset($before[$key], $after[$key]);
            }
        }
        return new self($before, $after, $complaints);
    }

    public function areNone(): bool
    {
        return $this->before === [] && $this->after === [];
    }

    /** @return ?\stdClass null where only the whole can be written */
    public function asMergePatch(): ?\stdClass
    {
        return MergePatch::between($this->before, $this->after);
    }

    /** Makes the same changes to a session as it stands now. */
    public function applyTo(\stdClass $document): \stdClass
    {
        $changed = clone $document;
        foreach (array_diff_key($this->before, $this->after) as $key => $_) {
            unset($changed->{$key});
        }
        foreach ($this->after as $key => $value) {
            $changed->{$key} = $value;
        }
        return $changed;
    }
}
