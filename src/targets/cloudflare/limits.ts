/** What Cloudflare Workers do not store (https://developers.cloudflare.com/workers/platform/limits/). */
import { utf8 } from "../../bytes.ts";

/** The longest value, in bytes: "Environment variable size: 5 KB". */
const VALUE_BYTES_MAX = 5 * 1024;

/** As `TargetKind.refusal`. */
export function cloudflareRefusal(_name: string, value: string | undefined): string | undefined {
	const bytes = value === undefined ? 0 : utf8(value).length;
	return bytes > VALUE_BYTES_MAX ? `has ${bytes} bytes; a Worker's secret has at most 5 KB` : undefined;
}
