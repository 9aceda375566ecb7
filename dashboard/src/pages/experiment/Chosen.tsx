// The trials that are chosen on the charts, as a table.
import { Columns3, List, X } from "lucide-react";
import { useMemo } from "react";
import { Link } from "react-router";
import type { Data, Point } from "../../charts/points";
import { MOST_BESIDE, useSelection } from "../../charts/selection";
import { count, number, scalar } from "../../format";
import { Card, StateBadge } from "../../ui/parts";
import { VirtualTable, type Column } from "../../ui/VirtualTable";

/** The chosen trials, the best first; all of them while none are chosen. */
export function Chosen({ data, root }: { data: Data; root: string }) {
  const { chosen, choose } = useSelection();
  const rows = useMemo(() => {
    const some = chosen ? data.points.filter((it) => chosen.has(it.number)) : data.points.filter((it) => it.objective !== null);
    const sign = data.goal === "maximize" ? -1 : 1;
    return some.sort((a, b) => (a.objective === null || b.objective === null ? Number(a.objective === null) - Number(b.objective === null) : sign * (a.objective - b.objective) || a.number - b.number));
  }, [data, chosen]);
  const columns = useMemo<Column<Point>[]>(() => [
    { id: "number", title: "Trial", width: 74, cell: (it) => it.number },
    { id: "state", title: "State", width: 144, cell: (it) => <StateBadge state={it.state} /> },
    { id: "objective", title: data.dimensions.some((it) => it.name === data.metric) ? `${data.metric} (metric)` : data.metric, width: 118, num: true, cell: (it) => <strong>{number(it.objective, 6)}</strong> },
    ...data.dimensions.slice(0, 40).map((dimension, index): Column<Point> => ({ id: `p.${dimension.name}`, title: dimension.name, width: 130, num: data.points.every((it) => it.values[index] === null || typeof it.values[index] === "number"), cell: (it) => scalar(it.values[index]) })),
  ], [data]);
  const beside = (of: Point[]) => `${root.replace(/trials$/, "side-by-side")}?trials=${of.map((it) => it.number).join(",")}`;
  return (
    <Card
      title={chosen ? "Selected trials" : "Best trials"}
      hint={count(rows.length)}
      flush
      tools={chosen && (
        <div className="row tight">
          {rows.length > 1 && rows.length <= MOST_BESIDE && <Link className="btn small" to={beside(rows)}><Columns3 size={14} aria-hidden="true" /> Side by side</Link>}
          {rows.length > MOST_BESIDE && <Link className="btn small" to={beside(rows.slice(0, MOST_BESIDE))}><Columns3 size={14} aria-hidden="true" /> Best {MOST_BESIDE} side by side</Link>}
          <Link className="btn small" to={root}><List size={14} aria-hidden="true" /> In the list of trials</Link>
          <button className="btn small" onClick={() => choose(null, "table")}><X size={14} aria-hidden="true" /> Clear the selection</button>
        </div>
      )}
    >
      <div style={{ height: 8 }} />
      <VirtualTable rows={rows} columns={columns} height={310} label="Trials" keyOf={(it) => it.number} to={(it) => `${root}/${it.number}`} />
    </Card>
  );
}
