import styles from "./key-list.module.css";
import { keyList } from "./keyboard.ts";
import type { ViewerProps } from "./types.ts";

/**
 * The list of keyboard shortcuts, beside the images and never over them.
 *
 * @param pageKeys of the page around the viewer; they come first.
 */
export function KeyList({
  pageKeys,
  onClose,
}: {
  pageKeys: NonNullable<ViewerProps["pageKeys"]>;
  onClose: () => void;
}) {
  return (
    <aside className={styles.keys} aria-label="Keys of the viewer">
      <header>
        <h2>Keys</h2>
        <button type="button" onClick={onClose} aria-label="Close the list of keys">
          Close
        </button>
      </header>
      <dl>
        {[...pageKeys, ...keyList].map(({ keys, does }) => (
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
