/** Texts of several lines whose first lines say that more has to come: to see a paste where the terminal marks none. */

const PEM_BEGINS = /-----BEGIN ([^-\r\n]+)-----/g;

function isJson(text: string): boolean {
	try {
		JSON.parse(text);
		return true;
	} catch {
		return false;
	}
}

/** Whether every block of PEM that begins in the text ends in it. */
function hasWholePem(text: string): boolean {
	return [...text.matchAll(PEM_BEGINS)].every(([, label]) => text.includes(`-----END ${label}-----`));
}

/**
 * Whether a text cannot be whole: a PEM block without its end, or JSON with a bracket that nothing closes.
 * @param bytes the text so far, in UTF-8
 */
export function isUnfinished(bytes: Uint8Array): boolean {
	const text = Buffer.from(bytes).toString("utf8").trim();
	if (!hasWholePem(text)) return true;
	return /^[{[]/.test(text) && !/[}\]]$/.test(text) && !isJson(text);
}
