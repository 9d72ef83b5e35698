"""From one bilingual source to two executed editions; run by `make notebooks`."""
