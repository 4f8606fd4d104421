/** What Supabase does not store (https://supabase.com/docs/guides/functions/limits, and its OpenAPI description). */

/** The longest value, in UTF-16 units. */
const VALUE_LENGTH_MAX = 24_576;

/** Whether Supabase sets a name itself. */
export function isReserved(name: string): boolean {
	return name.startsWith("SUPABASE_");
}

/** As `TargetKind.refusal`. */
export function supabaseRefusal(name: string, value: string | undefined): string | undefined {
	if (isReserved(name)) return "begins with SUPABASE_, which Supabase reserves for variables that it sets";
	if (value !== undefined && value.length > VALUE_LENGTH_MAX)
		return `has ${value.length} characters; Supabase stores ${VALUE_LENGTH_MAX}`;
	return undefined;
}
