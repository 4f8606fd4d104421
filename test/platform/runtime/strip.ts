/** TypeScript to JavaScript, as the builder would do it. */
import { transformSync } from "esbuild";

export function stripTypeScript(source: string): string {
	return transformSync(source, { loader: "ts", target: "es2022" }).code;
}
