// A table of any length: only the rows in sight exist.
import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowDown, ArrowUp } from "lucide-react";
import { useEffect, useRef, type ReactNode } from "react";
import { Link } from "react-router";

export interface Column<Row> {
  id: string;
  title: string;
  width: number;
  num?: boolean;
  /** What the rows can be sorted by; absent: they cannot. */
  sort?: string;
  cell: (row: Row) => ReactNode;
}

interface Props<Row> {
  rows: Row[];
  columns: Column<Row>[];
  height: number;
  label: string;
  keyOf: (row: Row) => number;
  to: (row: Row) => string;
  sort?: { by: string; down: boolean };
  onSort?: (by: string) => void;
  /** Called when the end comes into sight. */
  more?: () => void;
  selected?: (row: Row) => boolean;
  pick?: { is: (row: Row) => boolean; toggle: (row: Row) => void };
  total?: number;
}

const ROW = 34;

export function VirtualTable<Row>({ rows, columns, height, label, keyOf, to, sort, onSort, more, selected, pick, total }: Props<Row>) {
  const place = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({ count: rows.length, getScrollElement: () => place.current, estimateSize: () => ROW, overscan: 12, getItemKey: (index) => keyOf(rows[index]) });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (more && last >= rows.length - 30) more();
  }, [last, rows.length, more]);
  const template = [pick ? "42px" : "", ...columns.map((it) => `minmax(0, ${it.width}fr)`)].join(" ");
  // All rows are as wide as each other, whatever they hold.
  const minWidth = columns.reduce((sum, it) => sum + it.width, pick ? 42 : 0);
  return (
    <div className="vtable" ref={place} style={{ height: Math.min(height, rows.length * ROW + 52) }} role="table" aria-label={label} aria-rowcount={total ?? rows.length} tabIndex={0}>
      <div className="vhead" role="row" style={{ gridTemplateColumns: template, minWidth }}>
        {pick && <div className="vcell pick" role="columnheader"><span className="visually-hidden">Compare</span></div>}
        {columns.map((it) => {
          const on = it.sort !== undefined && sort?.by === it.sort;
          const Icon = sort?.down ? ArrowDown : ArrowUp;
          return (
            <div key={it.id} className={`vcell ${it.num ? "num" : ""}`} role="columnheader" aria-sort={on ? (sort?.down ? "descending" : "ascending") : undefined} title={it.title}>
              {it.sort !== undefined && onSort ? (
                <button onClick={() => onSort(it.sort!)}>
                  {it.title}
                  {on && <Icon size={13} aria-hidden="true" />}
                </button>
              ) : (
                it.title
              )}
            </div>
          );
        })}
      </div>
      <div role="rowgroup" style={{ height: virtual.getTotalSize(), position: "relative", minWidth }}>
        {items.map((item) => {
          const row = rows[item.index];
          return (
            <div
              key={item.key} className="vrow" role="row" aria-rowindex={item.index + 2} aria-selected={selected?.(row) || undefined}
              style={{ gridTemplateColumns: template, transform: `translateY(${item.start}px)` }}
            >
              {pick && (
                <div className="vcell pick" role="cell">
                  <input type="checkbox" checked={pick.is(row)} onChange={() => pick.toggle(row)} aria-label={`Compare trial ${keyOf(row)}`} />
                </div>
              )}
              {columns.map((it, index) => (
                <div key={it.id} className={`vcell ${it.num ? "num" : ""}`} role="cell">
                  {index === 0 ? <Link to={to(row)}>{it.cell(row)}</Link> : it.cell(row)}
                </div>
              ))}
            </div>
          );
        })}
      </div>
    </div>
  );
}
