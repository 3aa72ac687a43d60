// JSON as a tree that folds: objects and lists below the first level begin folded when they are large.

export function Tree({ value }: { value: unknown }) {
  if (value === null || typeof value !== 'object') return <Leaf value={value} />;
  const entries = Object.entries(value);
  if (entries.length === 0) return <span class="faint mono">{Array.isArray(value) ? '[ ]' : '{ }'}</span>;
  return (
    <ul class="tree">
      {entries.map(([name, inner]) => (
        <Branch key={name} name={name} value={inner} />
      ))}
    </ul>
  );
}

const FOLDED_FROM = 12;

function Branch({ name, value }: { name: string; value: unknown }) {
  const isLeaf = value === null || typeof value !== 'object' || Object.keys(value).length === 0;
  if (isLeaf) {
    return (
      <li>
        <span class="key">{name}</span>
        {value !== null && typeof value === 'object' ? <Tree value={value} /> : <Leaf value={value} />}
      </li>
    );
  }
  const size = Object.keys(value).length;
  return (
    <li>
      <details open={size < FOLDED_FROM}>
        <summary>
          <span class="key">{name}</span>
          <span class="faint">{Array.isArray(value) ? `[${size}]` : `{${size}}`}</span>
        </summary>
        <Tree value={value} />
      </details>
    </li>
  );
}

function Leaf({ value }: { value: unknown }) {
  const kind = value === null ? 'null' : typeof value;
  return <span class={`leaf ${kind}`}>{typeof value === 'string' ? `"${value}"` : String(value)}</span>;
}
