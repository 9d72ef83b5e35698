"""Chinese search without a dictionary: text and query are cut into pairs of characters.

Sphinx cuts Chinese text into words by jieba, but the query in the browser is not cut,
so most words are never found.  Here both sides become pairs (梯度, 度爆, 爆炸), and a
word is found wherever all of its pairs stand.
"""

import re
from typing import Any

from sphinx.application import Sphinx
from sphinx.search.en import SearchEnglish

HAN = "\u3400-\u9fff"
RUN = re.compile(rf"[{HAN}]+|[^\W_{HAN}]+")


def pieces(text: str) -> list[str]:
    """Cut text: runs of Han characters into pairs, the rest into words."""
    found: list[str] = []
    for run in RUN.findall(text):
        if re.match(f"[{HAN}]{{2}}", run):
            found += [run[i : i + 2] for i in range(len(run) - 1)]
        else:
            found.append(run)
    return found


class SearchChinese(SearchEnglish):
    """Pairs for Han characters; English stems for Latin words."""

    lang = "zh"
    language_name = "Chinese"
    # The same cut, for the query in the browser.
    js_splitter_code = r"""
var splitQuery = (query) =>
  (query.match(/[\u3400-\u9fff]+|[^\s\u3400-\u9fff\p{P}\p{S}]+/gu) || []).flatMap(
    (run) => /^[\u3400-\u9fff]{2,}$/.test(run)
      ? Array.from({length: run.length - 1}, (_, i) => run.slice(i, i + 2))
      : [run]);
"""

    def split(self, input: str) -> list[str]:
        """Cut text for the index."""
        return pieces(input)

    def word_filter(self, word: str) -> bool:
        """Keep what is worth indexing."""
        is_han = re.match(f"[{HAN}]", word) is not None
        return super().word_filter(word) and (len(word) > 1 or is_han)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the language with Sphinx."""
    app.add_search_language(SearchChinese)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
