// A line of steps. The library leaves out what is shorter than a pixel of a line, also of one with steps, which then slants to its next
// corner: here every corner lies on a whole pixel, so that a step is to be seen or is none.
type At = [x: number, y: number];

interface Look {
  color: string;
  width: number;
}

/** Goes on at the same height until the next point. It bears no marks, and nothing of it can be pointed at. */
export function stairs(id: string, points: At[], { color, width }: Look, z = 5): object {
  return {
    id, type: "custom", z, silent: true, clip: true, tooltip: { show: false },
    // One thing, however many corners it has.
    data: points.slice(0, 1),
    renderItem: (_: unknown, api: { coord(at: At): At }) => ({
      type: "polyline", silent: true, shape: { points: corners(points.map((it) => api.coord(it))) }, style: { fill: "none", stroke: color, lineWidth: width, lineJoin: "miter" },
    }),
  };
}

export function corners(places: At[]): At[] {
  const whole = places.map(([x, y]): At => [Math.round(x), Math.round(y)]);
  return whole.flatMap(([x, y], at): At[] => (at === 0 || whole[at - 1][1] === y ? [[x, y]] : [[x, whole[at - 1][1]], [x, y]]));
}
