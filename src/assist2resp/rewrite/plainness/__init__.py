"""Whether a flow's runs can become plain responses, and the first reason why not."""
