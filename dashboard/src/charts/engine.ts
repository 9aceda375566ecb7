// What draws: ECharts, of it the parts that are used. In a file of its own, so that pages are made while it is still on its way.
import { BarChart, BoxplotChart, CustomChart, LineChart, ScatterChart } from "echarts/charts";
import { BrushComponent, GridComponent, ParallelComponent, TooltipComponent } from "echarts/components";
import { graphic, setPlatformAPI, use } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";

export { init } from "echarts/core";

use([BarChart, BoxplotChart, CustomChart, LineChart, ScatterChart, BrushComponent, GridComponent, ParallelComponent, TooltipComponent, CanvasRenderer]);

/** Not a mere function: the chart takes for a list whatever has a length. */
export interface Finder {
  find(x: number, y: number): boolean;
}

/** A picture that is where its dots are, and nowhere between them. */
class Dots extends graphic.Image {
  contain(x: number, y: number): boolean {
    return (this as unknown as { extra: { finder: Finder } }).extra.finder.find(x, y);
  }
}
graphic.registerShape("dots", Dots as never);

const sheet = document.createElement("canvas").getContext("2d")!;

/** The width of a text. A Chinese sign is measured for each font, to guess widths by: that it is as wide as high is known, and no font need be found for it. */
function measureText(text: string, font = "12px sans-serif"): { width: number } {
  if (text === "国") return { width: parseFloat(/[\d.]+px/.exec(font)?.[0] ?? "12") };
  if (sheet.font !== font) sheet.font = font;
  return sheet.measureText(text);
}
setPlatformAPI({ measureText: measureText as never });
