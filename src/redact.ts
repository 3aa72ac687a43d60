// Takes secrets out of texts that we did not write ourselves, such as the messages of errors, before they leave the program.

const forms: [RegExp, string][] = [
  [/\b(whsec_|tsk_)[A-Za-z0-9+/=_-]{8,}/g, '$1…'],
  [/\beyJ[\w-]{5,}\.[\w-]{5,}\.[\w-]*/g, '[token]'],
  [/\b(Bearer|Basic) [\w.~+/=-]{8,}/gi, '$1 …'],
  [/(\/\/[^\s/:@]*):[^\s/@]+@/g, '$1:…@'],
  [/\b(routing_key|token|secret|password|api_key|key)=[^\s&"']+/gi, '$1=…'],
];

/** The text without keys, tokens, signing secrets and the passwords of addresses, as far as their form gives them away. */
export function redact(text: string): string {
  let left = text;
  for (const [form, instead] of forms) left = left.replace(form, instead);
  return left;
}
