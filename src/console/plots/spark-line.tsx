import type { Values } from "./series.ts";
import { SPARK, sparkPath } from "./spark.ts";

interface SparkLineProps {
	/** For screen readers: what the plot shows. */
	readonly summary: string;
	readonly lines: readonly { readonly values: Values; readonly class?: string }[];
}

/** A small plot of the last 24 hours, without axes. All lines have one scale. */
export function SparkLine({ summary, lines }: SparkLineProps) {
	const most = Math.max(0, ...lines.flatMap(({ values }) => values.map((value) => value ?? 0)));
	return (
		<svg
			class="spark"
			role="img"
			aria-label={summary}
			viewBox={`0 0 ${SPARK.width} ${SPARK.height}`}
			preserveAspectRatio="none"
		>
			<title>{summary}</title>
			<path class="spark-ground" d={`M0 ${SPARK.height - 0.5}H${SPARK.width}`} />
			{lines.map((line, index) => (
				<path key={`${index}`} class={line.class ?? ""} d={sparkPath(line.values, most)} />
			))}
		</svg>
	);
}
