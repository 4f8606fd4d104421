/** Docker's client for `--env-file`: a line is a name and a value, and the value is taken as it is. */
import { Collector, type Reading } from "./reading.ts";

/** Space as Go's `unicode.IsSpace` has it. */
const LEADING_SPACE = /^[\t\n\v\f\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/;

/** Reads a text as `docker run --env-file` does. A line without `=` takes its value from the environment. */
export function readAsDocker(source: string): Reading {
	const found = new Collector();
	const text = source.startsWith("\ufeff") ? source.slice(1) : source;
	for (const [index, raw] of text.split("\n").entries()) {
		const line = raw.replace(/\r$/, "").replace(LEADING_SPACE, "");
		if (line === "" || line.startsWith("#")) continue;
		const sign = line.indexOf("=");
		const name = sign === -1 ? line : line.slice(0, sign);
		if (name === "" || /[ \t]/.test(name)) return found.refused(index + 1);
		if (sign !== -1) found.add(name, { value: line.slice(sign + 1), line: index + 1 });
	}
	return found.done();
}
