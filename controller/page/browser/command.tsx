// A command to copy.
import { useState } from 'preact/hooks';

export function Command({ text }: { text: string }) {
  const [copied, setCopied] = useState(false);
  return (
    <p class="command">
      <code>{text}</code>
      {navigator.clipboard && (
        <button type="button" onClick={() => navigator.clipboard.writeText(text).then(() => setCopied(true))}>
          {copied ? 'copied' : 'copy'}
        </button>
      )}
    </p>
  );
}
