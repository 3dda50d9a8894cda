"""What protego (0.7.0, the parser of Scrapy) says about robots.txt files: writes robots_reference.json.

    pip install protego && python3 robots_reference.py > robots_reference.json
"""

import itertools
import json

from protego import Protego

FILES = [
    "",
    "User-agent: *\nDisallow:\n",
    "User-agent: *\nDisallow: /\n",
    "User-agent: *\nDisallow: /private/\nAllow: /private/cats/\n",
    "User-agent: *\nDisallow: /*.jpg$\nAllow: /cats/*.jpg$\n",
    "User-agent: *\nAllow: /a\nDisallow: /a*b\nCrawl-delay: 2.5\n",
    "# for all\nuser-agent : tunescope # us\ndisallow : /w/\ncrawl-delay: 10\n\nUser-agent: *\nDisallow: /\n",
    "User-agent: a\nUser-agent: tunescope\nDisallow: /cats\n\nUser-agent: *\nDisallow: /dogs\n",
    "User-agent: other\nDisallow: /\n",
    "User-agent: *\nDisallow: /a?b=*&c\nDisallow: /%7Etilde\nDisallow: /b%2fc\n",
    "User-agent: *\r\nDisallow: /private\r\n\r\nSitemap: http://a.test/s.xml\r\nDisallow: /later\r\n",
    "User-agent: *\nDisallow: /a\n\nUser-agent: *\nDisallow: /b\n",
    "User-agent: *\nDisallow: /caf\u00e9\nAllow: /caf%C3%A9/menu\n",
    "Disallow: /early\nUser-agent: *\nDisallow: /late\n",
]
PATHS = [
    "/", "/a", "/b", "/ab", "/a/b", "/a?b=1&c", "/a?b=1", "/a.jpg", "/a.jpg?x=1", "/cats/a.jpg", "/private", "/private/a.jpg",
    "/private/cats/a.jpg", "/w/api.php", "/cats", "/dogs", "/~tilde", "/%7Etilde", "/b/c", "/b%2Fc", "/later", "/late", "/early",
    "/caf%C3%A9", "/caf%C3%A9/menu", "/caf%c3%a9",
]

cases = []
for file, product in itertools.product(FILES, ["tunescope"]):
    rules = Protego.parse(file)
    cases.append({
        "file": file,
        "product": product,
        "paths": {path: rules.can_fetch("http://a.test" + path, product) for path in PATHS},
        "crawl_delay": rules.crawl_delay(product),
    })
print(json.dumps(cases, indent=1, ensure_ascii=True))
