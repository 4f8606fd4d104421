/** The line of a small plot. Pure. */
import type { Values } from "./series.ts";

export const SPARK = { width: 120, height: 28 } as const;

/**
 * The line as a path of SVG, from zero at the bottom to the greatest value at the top. A gap where there is no value.
 * @param most the value at the top, for plots that share a scale; by default the greatest one
 */
export function sparkPath(values: Values, most = Math.max(0, ...values.map((value) => value ?? 0))): string {
	const room = SPARK.height - 3;
	const step = SPARK.width / Math.max(1, values.length - 1);
	const parts: string[] = [];
	for (const [index, value] of values.entries()) {
		if (value === null) continue;
		const y = SPARK.height - 1.5 - (most === 0 ? 0 : (value / most) * room);
		const [before, after] = [values[index - 1] ?? null, values[index + 1] ?? null];
		// A value between gaps would be a line without length.
		const dot = before === null && after === null ? "h0.1" : "";
		parts.push(`${before === null ? "M" : "L"}${(index * step).toFixed(1)} ${y.toFixed(1)}${dot}`);
	}
	return parts.join("");
}
