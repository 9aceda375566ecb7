// How much each parameter matters.
import { useCallback } from "react";
import { axis, base, Chart, tip, useColors, type Option } from "./Chart";

export function Importance({ shares }: { shares: [string, number][] }) {
  const c = useColors();
  const option = useCallback((): Option => {
    const ordered = [...shares].sort((a, b) => a[1] - b[1]);
    return {
      ...base(c),
      grid: { left: 4, right: 52, top: 4, bottom: 4, containLabel: true },
      tooltip: { ...(base(c).tooltip as object), formatter: (it: { name: string; value: number }) => tip(it.name, [["importance", `${(it.value * 100).toFixed(1)} %`]]) },
      xAxis: axis(c, { type: "value", show: false, min: 0 }),
      yAxis: axis(c, { type: "category", data: ordered.map(([name]) => name), axisLine: { show: false }, axisLabel: { color: c.text2, fontSize: 12, width: 150, overflow: "truncate" } }),
      series: [
        {
          type: "bar", barMaxWidth: 16, barMinWidth: 4, itemStyle: { color: c.point, borderRadius: [0, 4, 4, 0] }, data: ordered.map(([, share]) => share),
          label: { show: true, position: "right", color: c.text2, fontSize: 11.5, formatter: (it: { value: number }) => `${(it.value * 100).toFixed(it.value < 0.1 ? 1 : 0)} %` },
        },
      ],
    };
  }, [shares, c]);
  return <Chart option={option} height={Math.max(120, 30 * shares.length + 12)} label={`Importance: ${shares.map(([name, share]) => `${name} ${(share * 100).toFixed(0)} %`).join(", ")}`} />;
}
