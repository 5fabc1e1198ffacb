import styles from "./key-list.module.css";
import { keyList } from "./keyboard.ts";

/** The list of keyboard shortcuts, beside the images and never over them. */
export function KeyList({ onClose }: { onClose: () => void }) {
  return (
    <aside className={styles.keys} aria-label="Keys of the viewer">
      <header>
        <h2>Keys</h2>
        <button type="button" onClick={onClose} aria-label="Close the list of keys">
          Close
        </button>
      </header>
      <dl>
        {keyList.map(({ keys, does }) => (
          <div key={does}>
            <dt>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
    </aside>
  );
}
